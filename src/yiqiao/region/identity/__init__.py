"""Who somebody is: certificates, the person they stand for, and the identifiers derived from them."""
