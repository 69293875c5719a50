"""What one machine answers over HTTP: the pages, the API, S3, Cognito, the mailbox."""
