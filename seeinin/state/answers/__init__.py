"""What can be asked of a network as a whole, each question with its list of answers: one question a file."""
