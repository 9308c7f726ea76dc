"""What people see of a report: terminal, web page, JSON, gradebook, and progress while they wait.

Text that students can influence passes :mod:`.escape` on its way out, everywhere.
"""
