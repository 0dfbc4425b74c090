"""How the database becomes what the tables say: one numbered migration per change, then triggers and policies."""
