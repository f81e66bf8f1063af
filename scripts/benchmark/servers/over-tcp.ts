// Knows how to be a server of small SMTP sessions that accepts its clients itself, all in one process.
// Argument: the port.

interface State {
  text: string;
  inBody: boolean;
}

function answer(state: State, line: string): string {
  if (state.inBody) {
    if (line !== ".") return "";
    state.inBody = false;
    return "250 2.0.0 stored\r\n";
  }
  switch (line.slice(0, 4).toUpperCase()) {
    case "EHLO":
      return "250-stub.test\r\n250 PIPELINING\r\n";
    case "DATA":
      state.inBody = true;
      return "354 go on\r\n";
    case "QUIT":
      return "221 2.0.0 bye\r\n";
    default:
      return "250 2.0.0 ok\r\n";
  }
}

Bun.listen<State>({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.data = { text: "", inBody: false };
      socket.write("220 stub.test ESMTP\r\n");
    },
    data(socket, octets) {
      const { data } = socket;
      const lines = (data.text + octets.toString("latin1")).split("\r\n");
      data.text = lines.pop()!;
      const replies = lines.map((line) => answer(data, line)).join("");
      if (replies.startsWith("221 ")) socket.end(replies);
      else socket.write(replies);
    },
  },
});
