"""What every generated package needs: the model base, requests as values, the clients, the errors."""
