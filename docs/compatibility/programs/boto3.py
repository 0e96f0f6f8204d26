# /// script
# dependencies = ["boto3"]
# ///
import boto3

client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
assert "s3" in client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
