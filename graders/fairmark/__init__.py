"""fairmark marks Keras notebooks fairly: from evidence judged outside the student's process."""
