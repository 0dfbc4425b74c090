"""Memory: the tables, and what people do with cases. Knows neither HTTP nor e-mail."""
