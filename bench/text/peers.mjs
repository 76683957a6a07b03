// Runs one npm detector over JSON Lines: peers.mjs --tool vard|hai-guardrails --modules FOLDER < TEXTS > VERDICTS
// A verdict is what the package says with its own defaults. The last line tells the seconds spent in its calls.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { createInterface } from 'node:readline'

const option = name => process.argv[process.argv.indexOf(name) + 1]
const resolve = createRequire(option('--modules') + '/').resolve

async function vardTool() {
  const { default: loaded } = await import(pathToFileURL(resolve('@andersmyrmel/vard')))
  const vard = loaded.default ?? loaded
  return text => {
    const answer = vard.safe ? vard.safe(text) : vard().safeParse(text)
    return { flagged: !answer.safe, score: answer.safe ? 0 : 1 }
  }
}

async function haiTool() {
  const { injectionGuard } = await import(pathToFileURL(resolve('@presidio-dev/hai-guardrails')).href.replace('index.cjs', 'index.js'))
  const guard = injectionGuard({ roles: ['user'] }, { mode: 'heuristic', threshold: 0.7 })
  return async text => {
    const [answer] = await guard([{ role: 'user', content: text }])
    return { flagged: !answer.passed, score: answer.additionalFields?.bestSubstring ? answer.additionalFields.threshold ?? 0 : answer.passed ? 0 : 1 }
  }
}

const inspect = await { 'vard': vardTool, 'hai-guardrails': haiTool }[option('--tool')]()
let spent = 0n
let bytes = 0
for await (const line of createInterface({ input: process.stdin })) {
  const row = JSON.parse(line)
  const begin = process.hrtime.bigint()
  let verdict
  try {
    verdict = await inspect(row.text)
  } catch (error) {
    verdict = { flagged: false, score: 0, error: String(error) }
  }
  spent += process.hrtime.bigint() - begin
  bytes += Buffer.byteLength(row.text)
  process.stdout.write(JSON.stringify({ id: row.id, ...verdict }) + '\n')
}
process.stdout.write(JSON.stringify({ seconds: Number(spent) / 1e9, bytes }) + '\n')
