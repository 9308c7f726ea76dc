"""What authors do with a course: release student notebooks, verify the grader, begin a new course."""
