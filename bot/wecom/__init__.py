"""The thin edge to WeCom (企业微信): callback envelopes, messages in, calls out, text as each channel shows it."""
