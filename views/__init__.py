"""Show: figures, maps and pages made from the frames and tables of a study; nothing scientific is computed here."""
