# Where the calls go in a service's main VCL: copy them into yours, which starts as Fastly's boilerplate. See docs/edge.md.

include "aroma"; # what aroma-vcl has written, uploaded under this name

# Clients that have passed your challenge: for example those with a signed cookie from it that has not expired.
sub challenge_recv {
  # if (...) {
  #   set req.http.Aroma-Response = "observe";
  # }
}

sub vcl_recv {
  #FASTLY recv

  call aroma_recv; # first of yours: from here on, the Aroma headers are the edge's own

  # Only on paths that need it: machines cannot pass a challenge, and people should not have to for a picture.
  if (req.url.path ~ "^/(login|checkout)") {
    call challenge_recv;
    call aroma_respond_recv;
  }

  if (req.request != "HEAD" && req.request != "GET" && req.request != "FASTLYPURGE") {
    return(pass);
  }
  return(lookup);
}

sub vcl_error {
  #FASTLY error

  call aroma_error;
  return(deliver);
}
