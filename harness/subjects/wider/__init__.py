"""WIDER FACE, the user's own copy: its validation pictures, and its official easy, medium and hard protocol."""
