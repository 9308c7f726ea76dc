"""Submissions on their way to a mark: ``journey`` takes one from its file to its report, ``class_`` a whole folder.

find       which files are submissions, and whose
journey    one submission: read, run, probe, judge, and where need be a second run
carry      the second run's cells: the reference's in place of exercises that have lost their marks
class_     one after another, with a row for every one
"""
