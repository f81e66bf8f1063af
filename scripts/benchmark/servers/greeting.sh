#!/bin/sh
# The cheapest server there is for whole small sessions: shell builtins only, nothing is forked.
# `.?` is a dot and the carriage return.
body=
printf '220 stub.test ESMTP\r\n'
while IFS= read -r line; do
  case $body$line in
  body.?) body='' && printf '250 2.0.0 stored\r\n' ;;
  body*) ;;
  DATA*) body=body && printf '354 go on\r\n' ;;
  EHLO*) printf '250-stub.test\r\n250 PIPELINING\r\n' ;;
  QUIT*) printf '221 2.0.0 bye\r\n' && exit ;;
  *) printf '250 2.0.0 ok\r\n' ;;
  esac
done
