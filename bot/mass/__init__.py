"""Tasks that a colleague confirms (docs 92135, 93338, 97610, 97611): followed, reminded of, counted, told."""
