"""What the answers of people say: from a table of answers to published figures."""
