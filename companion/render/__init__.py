"""How anything is put on a screen or a page; knows no stage."""
