"""Tables, enums and value objects. No input or output happens here."""
