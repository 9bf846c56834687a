// Calls a method of a service by its WSDL: node call.js WSDL METHOD < document; prints the result's text.
const soap = require("soap");
const [, , wsdl, method] = process.argv;
let xml = "";
process.stdin.on("data", (part) => (xml += part));
process.stdin.on("end", async () => {
  const client = await soap.createClientAsync(wsdl);
  const [answer] = await client[method + "Async"]({ xml });
  process.stdout.write(answer[method + "Result"]);
});
