"""What a question asks for, with what was said before."""
