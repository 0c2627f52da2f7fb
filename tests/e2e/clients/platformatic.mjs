// Driver over @platformatic/kafka, the client that speaks only the newer encodings.
//
// It reads only as a member of a group, says nothing when its assignment changes, seeks by a new stream, compresses with
// zstd only where Node.js itself can, has words of its own instead of Kafka's code for an unknown topic, and joins again
// where a commit is refused, without saying why.

import { randomUUID } from 'node:crypto'
import { eventually, Held, keepWriting, load, main, readScenario, say, sayCase, sayRecord, takeOrders } from './scenario.mjs'

const { Admin, Consumer, Producer } = load('@platformatic/kafka')
const TOPIC = 2
const SET = 0
/** A topic that takes no record without a key, and none that is older than an hour. */
const STRICT = { 'cleanup.policy': 'compact', 'message.timestamp.before.max.ms': '3600000' }

function options (bootstrap) {
  return { clientId: 'platformatic', bootstrapBrokers: [bootstrap], retries: 3, retryDelay: 100, metadataMaxAge: 0 }
}

async function produce (bootstrap, path, prefix) {
  const scenario = readScenario(path, 'platformatic')
  for (const codec of scenario.codecs.filter(codec => codec !== 'zstd')) {
    const topic = `${prefix}-${codec}`
    const producer = new Producer({ ...options(bootstrap), idempotent: true, compression: codec, acks: -1 })
    const messages = scenario.records.map(record => ({
      topic,
      partition: record.partition,
      timestamp: BigInt(record.timestamp),
      key: record.key,
      value: record.value,
      headers: new Map(record.headers.map(([name, value]) => [Buffer.from(name), value]))
    }))
    await producer.send({ messages })
    await producer.close()
    say({ topic })
  }
}

async function consume (bootstrap, path, ...topics) {
  const scenario = readScenario(path)
  const consumer = new Consumer({ ...options(bootstrap), groupId: randomUUID() })
  let missing = 0
  for (const topic of topics) {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)
    for (const end of ends) missing += Number(end)
    for (const [partition, asked] of scenario.times_asked) {
      const question = { topics: [topic], partitions: { [topic]: [partition] }, timestamp: BigInt(asked) }
      const offset = (await consumer.listOffsets(question)).get(topic).at(partition)
      say({ topic, partition, asked, offset: offset < 0n ? null : Number(offset) })
    }
  }
  const stream = await consumer.consume({ topics, mode: 'earliest', autocommit: false, maxWaitTime: 200 })
  for await (const { topic, partition, offset, timestamp, key, value, headers } of stream) {
    sayRecord(topic, partition, offset, timestamp, key, value, [...headers])
    missing -= 1
    if (missing === 0) return
  }
}

async function admin (bootstrap, prefix) {
  const admin = new Admin(options(bootstrap))
  const topic = `${prefix}-admin`
  await create(admin, topic, 2, { 'retention.ms': '3600000' })
  sayCase('created', await partitions(admin, topic, 2))
  sayCase('described', await retention(admin, topic))
  const configs = [{ name: 'retention.ms', value: '7200000', configOperation: SET }]
  await admin.incrementalAlterConfigs({ resources: [{ resourceType: TOPIC, resourceName: topic, configs }] })
  sayCase('altered', await retention(admin, topic))
  await admin.createPartitions({ topics: [{ name: topic, count: 4 }] })
  sayCase('extended', await partitions(admin, topic, 4))
  const producer = new Producer(options(bootstrap))
  const messages = Array.from({ length: 10 }, (_, n) => ({ topic, partition: 0, value: Buffer.from(`${n}`) }))
  await producer.send({ messages })
  await producer.close()
  const before = [{ name: topic, partitions: [{ partition: 0, offset: 4n }] }]
  const [{ partitions: [{ lowWatermark }] }] = await admin.deleteRecords({ topics: before })
  sayCase('records deleted', Number(lowWatermark))
  sayCase('brokers', (await admin.metadata({ topics: [], forceUpdate: true })).brokers.size)
  await admin.deleteTopics({ topics: [topic] })
  sayCase('deleted', await eventually(async () => !(await admin.listTopics()).includes(topic)))
}

async function create (admin, topic, count, config, replicas = 1) {
  const configs = Object.entries(config).map(([name, value]) => ({ name, value }))
  await admin.createTopics({ topics: [topic], partitions: count, replicas, configs })
}

async function partitions (admin, topic, wanted) {
  let count = 0
  await eventually(async () => {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true })
    count = metadata.topics.get(topic).partitionsCount
    return count === wanted
  })
  return count
}

async function retention (admin, topic) {
  const resources = [{ resourceType: TOPIC, resourceName: topic, configurationKeys: ['retention.ms'] }]
  const [{ configs: [{ value }] }] = await admin.describeConfigs({ resources })
  return value
}

async function errors (bootstrap, prefix) {
  const admin = new Admin(options(bootstrap))
  const topic = `${prefix}-errors`
  const unknown = `${topic}-unknown`
  await create(admin, topic, 2, { 'max.message.bytes': '10000' })
  await partitions(admin, topic, 2)
  sayCase('topic exists', await code(create(admin, topic, 1, {})))
  sayCase('topic name', await code(create(admin, 'no such/name', 1, {})))
  sayCase('no partitions', await code(create(admin, `${topic}-none`, 0, {})))
  sayCase('unknown config', await code(create(admin, `${topic}-x`, 1, { 'no.such': '1' })))
  sayCase('replicas', await code(create(admin, `${topic}-two`, 1, {}, 2)))
  sayCase('fewer partitions', await code(admin.createPartitions({ topics: [{ name: topic, count: 1 }] })))
  sayCase('delete unknown', await code(admin.deleteTopics({ topics: [unknown] })))
  const strict = `${topic}-strict`
  await create(admin, strict, 1, STRICT)
  await partitions(admin, strict, 1)
  const producer = new Producer(options(bootstrap))
  const produce = message => code(producer.send({ messages: [{ partition: 0, value: Buffer.from('1'), ...message }] }))
  sayCase('too large', await produce({ topic, value: Buffer.alloc(20_000) }))
  sayCase('null key', await produce({ topic: strict }))
  sayCase('timestamp', await produce({ topic: strict, key: Buffer.from('1'), timestamp: 1n }))
  const consumer = new Consumer({ ...options(bootstrap), groupId: randomUUID() })
  const offsets = [{ topic, partition: 0, offset: 1_000_000n }]
  const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets, fallbackMode: 'fail' })
  sayCase('out of range', await code(stream.toArray()))
  sayCase('session timeout', await code(beHasty(bootstrap, topic)))
}

async function beHasty (bootstrap, topic) {
  const timing = { sessionTimeout: 100, rebalanceTimeout: 100, heartbeatInterval: 30 }
  const consumer = new Consumer({ ...options(bootstrap), groupId: `${topic}-hasty`, ...timing })
  await consumer.consume({ topics: [topic] })
}

/** Kafka's number of the error that a promise ends with; the library wraps it in what it was doing. */
async function code (promise) {
  try {
    await promise
    return 0
  } catch (failure) {
    // For a record that is refused it has a number of its own, -1, before the partition's.
    const all = numbers(failure)
    const found = all.find(number => number !== -1) ?? all[0]
    if (found === undefined) throw failure
    return found
  }
}

function numbers (failure) {
  if (failure === undefined) return []
  if (failure.apiCode !== undefined) return [failure.apiCode]
  return [...(failure.errors ?? []).flatMap(numbers), ...numbers(failure.cause)]
}

async function member (bootstrap, text) {
  const wanted = JSON.parse(text)
  const { topic } = wanted
  const held = new Held()
  const classic = {
    sessionTimeout: wanted.session_ms,
    rebalanceTimeout: wanted.session_ms,
    heartbeatInterval: wanted.heartbeat_ms
  }
  const consumer = new Consumer({
    ...options(bootstrap),
    groupId: wanted.group,
    groupProtocol: wanted.protocol,
    groupInstanceId: wanted.instance ?? undefined,
    ...(wanted.protocol === 'classic' ? classic : {})
  })
  let said = null
  setInterval(() => {
    const partitions = consumer.assignments?.flatMap(row => row.partitions)
    if (partitions !== undefined && String(partitions) !== said) held.set(partitions)
    said = partitions === undefined ? null : String(partitions)
  }, 20)
  const base = { topics: [topic], autocommit: false, maxWaitTime: 200 }
  let stream = await consumer.consume({ ...base, mode: 'committed', fallbackMode: 'earliest' })
  const listen = () => stream.on('data', message => held.read(message.partition, message.offset))
  listen()
  await takeOrders(async (order, partition, offset) => {
    if (order === 'commit') {
      const offsets = [...held.next].map(([partition, next]) => ({ topic, partition, offset: next, leaderEpoch: -1 }))
      if (offsets.length > 0) await consumer.commit({ offsets })
    } else if (order === 'seek') {
      await stream.close()
      const next = new Map(held.next).set(partition, BigInt(offset))
      const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset }))
      stream = await consumer.consume({ ...base, mode: 'manual', offsets })
      listen()
    } else {
      await stream.close()
      await consumer.close(true)
    }
  })
}

async function writer (bootstrap, topic, partitions) {
  const producer = new Producer({ ...options(bootstrap), idempotent: true, acks: -1 })
  await keepWriting(partitions, async (partition, value) => {
    const { offsets } = await producer.send({ messages: [{ topic, partition, value: Buffer.from(value) }] })
    return offsets[0].offset
  })
}

async function group (bootstrap, name, topic, use) {
  const admin = new Admin(options(bootstrap))
  const listed = async () => (await admin.listGroups({ types: ['classic', 'consumer'] })).has(name)
  const found = (await admin.describeGroups({ groups: [name] })).get(name)
  sayCase('listed', await listed())
  sayCase('state', found.state[0] + found.state.slice(1).toLowerCase())
  sayCase('members', found.members.size)
  if (use === 'used') {
    sayCase('delete used', await code(admin.deleteGroups({ groups: [name] })))
    return
  }
  const offsets = async () => {
    const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: [name] })
    return topics[0].partitions.map(row => [row.partitionIndex, Number(row.committedOffset)]).sort()
  }
  sayCase('offsets', await offsets())
  const first = [{ name: topic, partitionOffsets: [{ partition: 0, offset: 3n }] }]
  await admin.alterConsumerGroupOffsets({ groupId: name, topics: first })
  sayCase('offset altered', (await offsets())[0][1])
  await admin.deleteConsumerGroupOffsets({ groupId: name, topics: [{ name: topic, partitionIndexes: [1] }] })
  sayCase('offset deleted', (await offsets()).every(([partition]) => partition !== 1))
  await admin.deleteGroups({ groups: [name] })
  sayCase('group deleted', !(await listed()))
  sayCase('delete unknown group', await code(admin.deleteGroups({ groups: [name] })))
}

await main({ produce, consume, admin, errors, member, writer, group })
