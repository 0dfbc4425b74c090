"""The demo: a cast, a history played through everything, a mail catcher, and a check of the whole."""
