"""The interface of the studio: what the page and other programs ask for, one file a resource."""
