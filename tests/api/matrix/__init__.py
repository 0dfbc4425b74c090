"""Every route, knocked at by everybody, about everything: what each class of route must answer, and the town in which it is asked."""
