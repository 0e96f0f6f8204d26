# /// script
# dependencies = ["psycopg2-binary"]
# ///
import psycopg2

try:
    psycopg2.connect("host=127.0.0.1 port=1 user=someone")
except psycopg2.OperationalError as error:
    assert "refused" in str(error)
