//! The table of suites: what each runs, its budget in seconds on two cold cores, what it needs.
//!
//! A cold run may take thirty minutes: the installation runs beside the checks, the fuzz table beside
//! what stands behind it.
//!
//! Every cargo command names the whole workspace and picks tests by name: another choice of packages
//! would be another choice of features, and build the dependencies a second time. The names that `unit` leaves
//! out are those of the suites below it, so a test module elsewhere must not be called like one of them.

/// One line of the report.
pub(super) struct Suite {
    pub(super) name: &'static str,
    /// Seconds.
    pub(super) budget: u64,
    /// Runs with `--quick`: no tools, no broker process.
    pub(super) is_quick: bool,
    pub(super) needs_tools: bool,
    /// Keeps one core busy and nothing else: the suites behind it need not wait.
    pub(super) runs_beside: bool,
    /// Run in order until one fails. The first word is `cargo`, `xtask`, `deny`, `hadolint` or `docker-compose`.
    pub(super) commands: &'static [&'static [&'static str]],
}

const fn check(
    name: &'static str,
    budget: u64,
    commands: &'static [&'static [&'static str]],
) -> Suite {
    Suite { name, budget, is_quick: true, needs_tools: false, runs_beside: false, commands }
}

const fn process(
    name: &'static str,
    budget: u64,
    commands: &'static [&'static [&'static str]],
) -> Suite {
    Suite { name, budget, is_quick: false, needs_tools: false, runs_beside: false, commands }
}

const fn tools(
    name: &'static str,
    budget: u64,
    commands: &'static [&'static [&'static str]],
) -> Suite {
    Suite { name, budget, is_quick: false, needs_tools: true, runs_beside: false, commands }
}

/// Runs beside the suites before the first one that needs it.
pub(super) const INSTALL: Suite = tools("install", 450, &[&["xtask", "install"]]);

pub(super) const SUITES: &[Suite] = &[
    check("fmt", 10, &[&["cargo", "fmt", "--all", "--check"]]),
    check("layers", 5, &[&["xtask", "layers"]]),
    check("tidy", 5, &[&["xtask", "tidy"]]),
    check(
        "clippy",
        420,
        &[&["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]],
    ),
    check("build", 270, &[&["cargo", "test", "--workspace", "--no-run", "--locked"]]),
    check(
        "unit",
        60,
        &[&[
            "cargo",
            "test",
            "--workspace",
            "--no-fail-fast",
            "--locked",
            "--",
            "--skip=storage::",
            "--skip=hostile::",
            "--skip=groups::",
            "--skip=traps::",
            "--skip=terminal::",
            "--skip=clients::",
            "--skip=prometheus::",
            "--skip=tools::",
            "--skip=connect::",
            "--skip=ecosystem::",
            "--skip=fuzz_",
        ]],
    ),
    Suite {
        runs_beside: true,
        ..check(
            "fuzz",
            60,
            &[&[
                "cargo",
                "test",
                "--workspace",
                "--locked",
                "--no-fail-fast",
                "--test=it",
                "fuzz_",
            ]],
        )
    },
    process(
        "storage",
        60,
        &[&["cargo", "test", "--workspace", "--locked", "--test=it", "storage::"]],
    ),
    process(
        "hostile",
        30,
        &[&["cargo", "test", "--workspace", "--locked", "--test=it", "hostile::"]],
    ),
    process(
        "groups",
        90,
        &[&["cargo", "test", "--workspace", "--locked", "--test=it", "groups::"]],
    ),
    process("traps", 30, &[&["cargo", "test", "--workspace", "--locked", "--test=it", "traps::"]]),
    process(
        "terminal",
        30,
        &[&["cargo", "test", "--workspace", "--locked", "--test=it", "terminal::"]],
    ),
    tools(
        "policy",
        10,
        &[&[
            "deny",
            "--log-level=error",
            "--config=.cargo/deny.toml",
            "check",
            "bans",
            "licenses",
            "sources",
        ]],
    ),
    tools(
        "clients",
        150,
        &[
            &["xtask", "matrix", "--forget"],
            &[
                "cargo",
                "test",
                "--workspace",
                "--locked",
                "--test=it",
                "clients::",
                "--",
                "--test-threads=2",
            ],
            &["xtask", "matrix", "--check"],
        ],
    ),
    tools(
        "docker",
        10,
        &[
            &["hadolint", "docker/Dockerfile"],
            &["docker-compose", "--file=docker/compose.yaml", "config", "--quiet"],
        ],
    ),
    tools(
        "prometheus",
        60,
        &[&["cargo", "test", "--workspace", "--locked", "--test=it", "prometheus::"]],
    ),
    tools("tools", 30, &[&["cargo", "test", "--workspace", "--locked", "--test=it", "tools::"]]),
    tools(
        "connect",
        90,
        &[&["cargo", "test", "--workspace", "--locked", "--test=it", "connect::"]],
    ),
    // Most of it is the build as users get it, which no other suite needs.
    tools("gates", 420, &[&["xtask", "gates"]]),
    tools("flights", 30, &[&["xtask", "demo", "flights", "--built", "--sample", "20000"]]),
];
