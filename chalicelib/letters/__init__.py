"""What mails say, in every language, as text and as HTML. Pure."""
