"""The infrastructure program from outside: run by Pulumi's Automation API, its outputs used.

What imports pulumi, which comes with the extra `infra`, is imported inside `extras.needs_extra`.
"""
