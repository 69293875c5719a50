"""The mails' HTML as it is written: templates with classes, their stylesheet, and what puts the one into the other."""
