// What the JavaScript drivers share: the scenario file, the orders they take and the lines they write.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

/** Loads a library from the folder in DRIVER_MODULES: it is installed outside the tree. */
export const load = createRequire(`${process.env.DRIVER_MODULES}/`)

/** The records that `client` can write. */
export function readScenario (path, client) {
  const content = JSON.parse(readFileSync(path, 'utf8'))
  content.records = content.records
    .filter(record => !record.not_by.includes(client))
    .map(record => ({
      ...record,
      key: decode(record.key),
      value: repeat(decode(record.value), record.times),
      headers: record.headers.map(([name, value]) => [name, decode(value)])
    }))
  return content
}

function decode (text) {
  return text === null ? null : Buffer.from(text, 'hex')
}

function repeat (bytes, times) {
  return bytes === null ? null : Buffer.concat(Array(times).fill(bytes))
}

function encode (bytes) {
  return bytes?.toString('hex') ?? null
}

export function say (line) {
  process.stdout.write(JSON.stringify(line) + '\n')
}

export function sayCase (name, got) {
  say({ case: name, got })
}

export function sayRecord (topic, partition, offset, timestamp, key, value, headers) {
  say({
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: encode(key),
    value: encode(value),
    headers: headers.map(([name, bytes]) => [name.toString(), encode(bytes)])
  })
}

/** The partitions that a member holds, said when they change, and where it goes on in each. */
export class Held {
  next = new Map()

  set (partitions) {
    const sorted = [...partitions].sort((one, other) => one - other)
    for (const partition of this.next.keys()) {
      if (!sorted.includes(partition)) this.next.delete(partition)
    }
    say({ assigned: sorted })
  }

  read (partition, offset) {
    this.next.set(partition, BigInt(offset) + 1n)
    say({ read: [partition, Number(offset)] })
  }
}

/** Hands each order on standard input to `obey`, one after the other. Its end is the order to leave. */
export async function takeOrders (obey) {
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) {
    const [order, ...numbers] = line.split(' ')
    await obey(order, ...numbers.map(Number))
    say({ done: order })
    if (order === 'leave') return
  }
  await obey('leave')
}

/** Writes record after record, of which `write` returns the offset, until told to leave. */
export async function keepWriting (partitions, write) {
  let isOver = false
  const writing = async () => {
    for (let number = 0; !isOver; number++) {
      const partition = number % Number(partitions)
      try {
        say({ acked: [partition, Number(await write(partition, `${number}`))] })
      } catch {
        // Not acknowledged, so nobody need find it.
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
  }
  const written = writing()
  await takeOrders(async () => {
    isOver = true
    await written
  })
}

/** Metadata follows a change a little later. */
export async function eventually (question, seconds = 15) {
  const deadline = Date.now() + seconds * 1000
  let answer = await question()
  while (!answer && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50))
    answer = await question()
  }
  return answer
}

/** Calls the function of the command named first with the words after it. */
export async function main (commands) {
  const [name, ...words] = process.argv.slice(2)
  let code = 0
  try {
    await commands[name](...words)
  } catch (failure) {
    console.error(failure)
    code = 1
  }
  // What a library keeps open must not hold the process; what was written must be out before.
  process.stdout.write('', () => process.exit(code))
}
