"""What client and server share: results and errors as protocol messages."""
