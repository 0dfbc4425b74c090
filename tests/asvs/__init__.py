"""OWASP ASVS 5.0.0, levels 1 and 2: each requirement, and the tests of this suite that hold it."""
