/** The image's health check: asks the service of this container, says what it answered, ends with 0 where that is good. `/readyz` as an argument asks for more. */
const path = process.argv[2] ?? "/healthz";
/** Docker gives up after its own limit; this one leaves time to say why. Milliseconds. */
const LIMIT_MS = 2_500;

try {
  const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? "8080"}${path}`, { signal: AbortSignal.timeout(LIMIT_MS) });
  console.log(`${answer.status} ${await answer.text()}`);
  process.exit(answer.ok ? 0 : 1);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
