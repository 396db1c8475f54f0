"""The rules of the week: one rule, one file, in the words of docs/odd.md."""
