// Driver over kafkajs, the widely used client that speaks only the older encodings.
//
// It reads only as a member of a group, has no static members, groups the headers of a record by their keys, changes
// the configuration of a resource only whole, and deletes no offset of a group. All codecs but gzip are packages beside it.

import { randomUUID } from 'node:crypto'
import { eventually, Held, keepWriting, load, main, readScenario, say, sayCase, sayRecord, takeOrders } from './scenario.mjs'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = load('kafkajs')
/** A topic that takes no record without a key, and none that is older than an hour. */
const STRICT = { 'cleanup.policy': 'compact', 'message.timestamp.before.max.ms': '3600000' }
const CODECS = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' }

async function loadCodecs () {
  const { compressFrame, decompressFrame } = load('lz4-napi')
  const zstd = load('@bokuweb/zstd-wasm')
  await zstd.init()
  CompressionCodecs[CompressionTypes.Snappy] = load('kafkajs-snappy')
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: encoder => compressFrame(encoder.buffer),
    decompress: bytes => decompressFrame(bytes)
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async encoder => Buffer.from(zstd.compress(encoder.buffer)),
    decompress: async bytes => Buffer.from(zstd.decompress(bytes))
  })
}

function kafka (bootstrap) {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 3 } })
}

async function connected (client) {
  await client.connect()
  return client
}

async function produce (bootstrap, path, prefix) {
  await loadCodecs()
  const scenario = readScenario(path, 'kafkajs')
  for (const codec of scenario.codecs) {
    const topic = `${prefix}-${codec}`
    const producer = await connected(kafka(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 }))
    const messages = scenario.records.map(record => ({
      partition: record.partition,
      timestamp: String(record.timestamp),
      key: record.key,
      value: record.value,
      headers: grouped(record.headers)
    }))
    await producer.send({ topic, messages, acks: -1, compression: CompressionTypes[CODECS[codec]] })
    await producer.disconnect()
    say({ topic })
  }
}

function grouped (headers) {
  const groups = {}
  for (const [name, value] of headers) (groups[name] ??= []).push(value)
  return groups
}

async function consume (bootstrap, path, ...topics) {
  await loadCodecs()
  const scenario = readScenario(path)
  const admin = await connected(kafka(bootstrap).admin())
  let missing = 0
  for (const topic of topics) {
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map(row => [row.partition, row.high]))
    for (const end of ends.values()) missing += Number(end)
    for (const [partition, asked] of scenario.times_asked) {
      const rows = await admin.fetchTopicOffsetsByTimestamp(topic, asked)
      const { offset } = rows.find(row => row.partition === partition)
      // Where no record is as young, the library answers with the end.
      say({ topic, partition, asked, offset: offset === ends.get(partition) ? null : Number(offset) })
    }
  }
  await admin.disconnect()
  const consumer = await connected(kafka(bootstrap).consumer({ groupId: randomUUID() }))
  await consumer.subscribe({ topics, fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, event => reject(event.payload.error))
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        const { offset, timestamp, key, value, headers } = message
        const pairs = Object.entries(headers).flatMap(([name, values]) => [values].flat().map(one => [name, one]))
        sayRecord(topic, partition, offset, timestamp, key, value, pairs)
        missing -= 1
        if (missing === 0) resolve()
      }
    })
  })
}

async function admin (bootstrap, prefix) {
  const admin = await connected(kafka(bootstrap).admin())
  const topic = `${prefix}-admin`
  await create(admin, topic, 2, { 'retention.ms': '3600000' })
  sayCase('created', await partitions(admin, topic, 2))
  sayCase('described', await retention(admin, topic))
  const configEntries = [{ name: 'retention.ms', value: '7200000' }]
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries }
  await admin.alterConfigs({ validateOnly: false, resources: [resource] })
  sayCase('altered', await retention(admin, topic))
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
  sayCase('extended', await partitions(admin, topic, 4))
  const producer = await connected(kafka(bootstrap).producer())
  const messages = Array.from({ length: 10 }, (_, number) => ({ partition: 0, value: `${number}` }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] })
  const offsets = await admin.fetchTopicOffsets(topic)
  sayCase('records deleted', Number(offsets.find(row => row.partition === 0).low))
  sayCase('brokers', (await admin.describeCluster()).brokers.length)
  await admin.deleteTopics({ topics: [topic] })
  sayCase('deleted', await eventually(async () => !(await admin.listTopics()).includes(topic)))
}

async function create (admin, topic, count, config, replicationFactor = 1) {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  const wanted = { topic, numPartitions: count, replicationFactor, configEntries }
  const created = await admin.createTopics({ topics: [wanted], waitForLeaders: false })
  // The library takes a topic that is there already for a success, and says so by `false`.
  if (!created) throw Object.assign(new Error('topic exists'), { code: 36 })
}

async function partitions (admin, topic, wanted) {
  let count = 0
  await eventually(async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    count = topics[0].partitions.length
    return count === wanted
  })
  return count
}

async function retention (admin, topic) {
  const wanted = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }
  const { resources } = await admin.describeConfigs({ resources: [wanted], includeSynonyms: false })
  return resources[0].configEntries[0].configValue
}

async function errors (bootstrap, prefix) {
  const admin = await connected(kafka(bootstrap).admin())
  const topic = `${prefix}-errors`
  const unknown = `${topic}-unknown`
  await create(admin, topic, 2, { 'max.message.bytes': '10000' })
  await partitions(admin, topic, 2)
  sayCase('topic exists', await code(create(admin, topic, 1, {})))
  sayCase('topic name', await code(create(admin, 'no such/name', 1, {})))
  sayCase('no partitions', await code(create(admin, `${topic}-none`, 0, {})))
  sayCase('unknown config', await code(create(admin, `${topic}-x`, 1, { 'no.such': '1' })))
  sayCase('replicas', await code(create(admin, `${topic}-two`, 1, {}, 2)))
  sayCase('fewer partitions', await code(admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] })))
  sayCase('delete unknown', await code(admin.deleteTopics({ topics: [unknown] })))
  sayCase('describe unknown', await code(admin.fetchTopicMetadata({ topics: [unknown] })))
  const strict = `${topic}-strict`
  await create(admin, strict, 1, STRICT)
  await partitions(admin, strict, 1)
  const producer = await connected(kafka(bootstrap).producer())
  const produce = (topic, message) => code(producer.send({ topic, messages: [message] }))
  sayCase('too large', await produce(topic, { value: Buffer.alloc(20_000) }))
  sayCase('produce unknown', await produce(unknown, { value: '1' }))
  sayCase('null key', await produce(strict, { value: '1' }))
  sayCase('timestamp', await produce(strict, { key: '1', value: '1', timestamp: '1' }))
  sayCase('session timeout', await code(beHasty(bootstrap, topic)))
}

/** Ends with what the group refuses. */
async function beHasty (bootstrap, topic) {
  const timing = { sessionTimeout: 100, heartbeatInterval: 30 }
  const consumer = await connected(kafka(bootstrap).consumer({ groupId: `${topic}-hasty`, ...timing }))
  await consumer.subscribe({ topic })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, event => reject(event.payload.error))
    consumer.run({ eachMessage: async () => {} })
  })
}

/** Kafka's number of the error that a promise ends with; the library wraps it where it has retried. */
async function code (promise) {
  try {
    await promise
    return 0
  } catch (failure) {
    for (let at = failure; at; at = (at.errors ?? at.groups)?.[0] ?? at.error ?? at.cause) {
      if (Number.isInteger(at.code)) return at.code
    }
    throw failure
  }
}

async function member (bootstrap, text) {
  const options = JSON.parse(text)
  const { topic } = options
  const held = new Held()
  const consumer = await connected(kafka(bootstrap).consumer({
    groupId: options.group,
    sessionTimeout: options.session_ms,
    heartbeatInterval: options.heartbeat_ms,
    maxWaitTimeInMs: 200
  }))
  consumer.on(consumer.events.GROUP_JOIN, event => held.set(event.payload.memberAssignment[topic] ?? []))
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => held.read(partition, message.offset)
  })
  await takeOrders(async (order, partition, offset) => {
    if (order === 'commit') {
      const rows = [...held.next].map(([partition, next]) => ({ topic, partition, offset: String(next) }))
      if (rows.length > 0) await consumer.commitOffsets(rows)
    } else if (order === 'seek') {
      consumer.seek({ topic, partition, offset: String(offset) })
    } else {
      await consumer.disconnect()
    }
  })
}

async function writer (bootstrap, topic, partitions) {
  const producer = await connected(kafka(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 }))
  await keepWriting(partitions, async (partition, value) => {
    const [{ baseOffset }] = await producer.send({ topic, acks: -1, messages: [{ partition, value }] })
    return baseOffset
  })
}

async function group (bootstrap, name, topic, use) {
  const admin = await connected(kafka(bootstrap).admin())
  const listed = async () => (await admin.listGroups()).groups.some(row => row.groupId === name)
  const found = (await admin.describeGroups([name])).groups[0]
  sayCase('listed', await listed())
  sayCase('state', found.state)
  sayCase('members', found.members.length)
  if (use === 'used') {
    sayCase('delete used', await code(admin.deleteGroups([name])))
    return
  }
  const offsets = async () => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: name, topics: [topic] })
    return partitions.map(row => [row.partition, Number(row.offset)]).sort()
  }
  sayCase('offsets', await offsets())
  await admin.setOffsets({ groupId: name, topic, partitions: [{ partition: 0, offset: '3' }] })
  sayCase('offset altered', (await offsets())[0][1])
  await admin.deleteGroups([name])
  sayCase('group deleted', !(await listed()))
  sayCase('delete unknown group', await code(admin.deleteGroups([name])))
}

await main({ produce, consume, admin, errors, member, writer, group })
