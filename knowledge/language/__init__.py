"""Chinese as people type it: one spelling, words, sounds, ages, what means the same."""
