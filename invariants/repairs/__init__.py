"""Which repairs a theorem needs: every minimal sufficient set between two designs, and what each is for."""
