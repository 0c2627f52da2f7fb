// Runs the command line tools of Apache Kafka inside one process, because a process for each would cost more time
// than all that the tools do. Reads a JSON object a line, answers with one a line. Run by the JDK's source launcher:
// java --add-opens=java.base/java.lang=ALL-UNNAMED -cp 'libs/*' Tools.java normalise.json
//
// A tool sees a process of its own: standard streams, exit, and the hooks that run when it is told to end. What differs
// from run to run is replaced in its output, a line at a time, by the rules of the file that is the only argument.

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.Exit;
import org.slf4j.LoggerFactory;

public class Tools {
    static final ObjectMapper JSON = new ObjectMapper();
    static final ObjectMapper ORDERED =
            new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);
    static final InputStream REQUESTS = System.in;
    static final PrintStream ANSWERS = System.out;
    /** A tool that was told to end, or has ended, has this long to run its hooks. */
    static final long END_SECONDS = 60;
    /** No tool takes longer; one that does is left behind, and its exit status is -1. */
    static final long LIMIT_SECONDS = 90;

    static final Map<String, String> CLASSES = new HashMap<>();

    static {
        String tools = "org.apache.kafka.tools.";
        CLASSES.put("broker-api-versions", tools + "BrokerApiVersionsCommand");
        CLASSES.put("acls", tools + "AclCommand");
        CLASSES.put("client-metrics", tools + "ClientMetricsCommand");
        CLASSES.put("cluster", tools + "ClusterTool");
        CLASSES.put("configs", "kafka.admin.ConfigCommand");
        CLASSES.put("console-consumer", tools + "consumer.ConsoleConsumer");
        CLASSES.put("console-producer", tools + "ConsoleProducer");
        CLASSES.put("consumer-groups", tools + "consumer.group.ConsumerGroupCommand");
        CLASSES.put("consumer-perf-test", tools + "ConsumerPerformance");
        CLASSES.put("delegation-tokens", tools + "DelegationTokenCommand");
        CLASSES.put("delete-records", tools + "DeleteRecordsCommand");
        CLASSES.put("features", tools + "FeatureCommand");
        CLASSES.put("get-offsets", tools + "GetOffsetShell");
        CLASSES.put("groups", tools + "GroupsCommand");
        CLASSES.put("leader-election", tools + "LeaderElectionCommand");
        CLASSES.put("log-dirs", tools + "LogDirsCommand");
        CLASSES.put("metadata-quorum", tools + "MetadataQuorumCommand");
        CLASSES.put("producer-perf-test", tools + "ProducerPerformance");
        CLASSES.put("reassign-partitions", tools + "reassign.ReassignPartitionsCommand");
        CLASSES.put("topics", tools + "TopicCommand");
        CLASSES.put("verifiable-consumer", tools + "VerifiableConsumer");
        CLASSES.put("verifiable-producer", tools + "VerifiableProducer");
    }

    /** One tool on its way. */
    static final class Run {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final InputStream in;
        final CompletableFuture<Integer> ended = new CompletableFuture<>();
        final List<Runnable> hooks = new CopyOnWriteArrayList<>();

        Run(String in) {
            this.in = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Threads that a tool starts belong to it. */
    static final InheritableThreadLocal<Run> CURRENT = new InheritableThreadLocal<>();
    static final Map<String, Run> BACKGROUND = new HashMap<>();
    static final Map<Thread, Thread> PROCESS_HOOKS = processHooks();

    public static void main(String[] words) throws Exception {
        // The library for logs says once, on standard error, that it finds nowhere to log to.
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        LoggerFactory.getLogger(Tools.class);
        System.setOut(stream(false));
        System.setErr(stream(true));
        System.setIn(new InputStream() {
            @Override
            public int read() throws IOException {
                Run run = CURRENT.get();
                return run == null ? -1 : run.in.read();
            }
        });
        Exit.setExitProcedure((status, message) -> end(status, message));
        Exit.setHaltProcedure((status, message) -> end(status, message));
        Exit.setShutdownHookAdder((name, hook) -> CURRENT.get().hooks.add(hook));

        JsonNode rules = JSON.readTree(new File(words[0]));
        BufferedReader lines = new BufferedReader(new InputStreamReader(REQUESTS, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ANSWERS.println(JSON.writeValueAsString(answer(JSON.readTree(line), rules)));
            ANSWERS.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    static ObjectNode answer(JsonNode request, JsonNode rules) throws Exception {
        switch (request.get("do").asText()) {
            case "run":
                return normalised(wait(start(request)), request, rules);
            case "start":
                BACKGROUND.put(request.get("name").asText(), start(request));
                return JSON.createObjectNode();
            case "look":
                String shown = BACKGROUND.get(request.get("name").asText()).out.toString(StandardCharsets.UTF_8);
                return JSON.createObjectNode().put("out", shown);
            case "stop":
                Run run = BACKGROUND.remove(request.get("name").asText());
                hooks(run);
                return normalised(wait(run), request, rules);
            default:
                throw new IllegalArgumentException(request.toString());
        }
    }

    static Run start(JsonNode request) throws Exception {
        List<String> words = new ArrayList<>();
        request.get("words").forEach(word -> words.add(word.asText()));
        String tool = words.remove(0);
        Class<?> main = Class.forName(CLASSES.getOrDefault(tool, tool));
        Run run = new Run(request.path("in").asText(""));
        Thread thread = new Thread(() -> {
            CURRENT.set(run);
            try {
                main.getMethod("main", String[].class).invoke(null, (Object) words.toArray(new String[0]));
                end(0, null);
            } catch (InvocationTargetException error) {
                error.getCause().printStackTrace();
                end(1, null);
            } catch (Throwable error) {
                error.printStackTrace();
                end(1, null);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return run;
    }

    /** As the end of a process: nothing behind it runs but the hooks. */
    static void end(int status, String message) {
        Run run = CURRENT.get();
        if (message != null) {
            System.err.println(message);
        }
        try {
            hooks(run);
        } catch (Exception error) {
            error.printStackTrace();
        }
        run.ended.complete(status);
        while (true) {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException ignored) {
                // A thread that has ended hears nothing.
            }
        }
    }

    static void hooks(Run run) throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (Runnable hook : run.hooks) {
            run.hooks.remove(hook);
            threads.add(new Thread(() -> {
                CURRENT.set(run);
                hook.run();
            }));
        }
        synchronized (PROCESS_HOOKS) {
            for (Thread thread : List.copyOf(PROCESS_HOOKS.keySet())) {
                if (thread.getName().startsWith("verifiable-")) {
                    PROCESS_HOOKS.remove(thread);
                    threads.add(thread);
                }
            }
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
        }
    }

    /** The hooks of this whole process: the verifiable pair asks the runtime for them. Needs java.lang opened. */
    @SuppressWarnings("unchecked")
    static Map<Thread, Thread> processHooks() {
        try {
            Field hooks = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
            hooks.setAccessible(true);
            return (Map<Thread, Thread>) hooks.get(null);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    static ObjectNode wait(Run run) throws InterruptedException, ExecutionException {
        ObjectNode answer = JSON.createObjectNode();
        try {
            answer.put("exit", run.ended.get(LIMIT_SECONDS, TimeUnit.SECONDS));
        } catch (TimeoutException late) {
            answer.put("exit", -1);
        }
        answer.put("out", run.out.toString(StandardCharsets.UTF_8));
        answer.put("err", run.err.toString(StandardCharsets.UTF_8));
        return answer;
    }

    /** By the rules that always hold, and those that the request names. */
    static ObjectNode normalised(ObjectNode answer, JsonNode request, JsonNode rules) {
        List<JsonNode> chosen = new ArrayList<>();
        rules.get("always").forEach(chosen::add);
        for (JsonNode name : request.path("rules")) {
            rules.get(name.asText()).forEach(chosen::add);
        }
        boolean isVerifiable = request.path("words").path(0).asText().startsWith("verifiable-");
        for (String stream : List.of("out", "err")) {
            List<String> lines = new ArrayList<>();
            String text = answer.get(stream).asText();
            for (String line : text.isEmpty() ? List.<String>of() : Arrays.asList(text.split("\\R"))) {
                String normal = normal(isVerifiable ? ordered(line) : line, chosen);
                if (normal != null) {
                    lines.add(normal);
                }
            }
            answer.put(stream, String.join("\n", lines));
        }
        return answer;
    }

    /** The verifiable pair prints the fields of an object as reflection lists them: in another order every few starts. */
    static String ordered(String line) {
        try {
            return ORDERED.writeValueAsString(ORDERED.readValue(line, Map.class));
        } catch (JsonProcessingException other) {
            return line;
        }
    }

    /** A rule without a replacement drops the line. */
    static String normal(String line, List<JsonNode> rules) {
        for (JsonNode rule : rules) {
            Matcher found = Pattern.compile(rule.get(0).asText()).matcher(line);
            if (rule.get(1).isNull() && found.find()) {
                return null;
            }
            line = rule.get(1).isNull() ? line : found.replaceAll(rule.get(1).asText());
        }
        return line;
    }

    static PrintStream stream(boolean isError) {
        return new PrintStream(new OutputStream() {
            @Override
            public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int start, int length) {
                Run run = CURRENT.get();
                if (run != null) {
                    (isError ? run.err : run.out).write(bytes, start, length);
                }
            }
        }, true, StandardCharsets.UTF_8);
    }
}
