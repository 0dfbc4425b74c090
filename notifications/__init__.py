"""Speech: what happened and what is due become messages, and the messages leave."""
