"""Histories from elsewhere: logs of other checkers, and the files of a month that was really billed."""
