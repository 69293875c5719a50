"""What callers send and get, as models, a file a subject: the API's own description is made from them."""
