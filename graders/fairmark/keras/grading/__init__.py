"""What grading asks about Keras: old names, a second training, the trained model as it is rebuilt."""
