"""Messages: who is told, when, and how mails leave."""
