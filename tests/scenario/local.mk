# Rows of this folder for the top Makefile.am.
