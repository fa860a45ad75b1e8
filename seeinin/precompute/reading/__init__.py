"""Images read one by one, in processes of their own, ahead of the network. Nothing here imports torch."""
