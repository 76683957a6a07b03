"""How schemathesis writes bodies of types that it does not know (loaded by schemathesis_run.py)."""
import schemathesis


@schemathesis.serializer("application/jsonl")
def as_lines(ctx, value):
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogatepass")
