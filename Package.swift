// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Taskwire",
  platforms: [.iOS(.v16), .macOS(.v13), .tvOS(.v16), .watchOS(.v9), .visionOS(.v1)],
  products: [.library(name: "Taskwire", targets: ["Taskwire"])],
  targets: [
    .target(name: "Taskwire", path: "clients/swift/Sources/Taskwire"),
    .executableTarget(name: "taskwire-conformance", dependencies: ["Taskwire"], path: "clients/swift/Sources/Conformance"),
    .executableTarget(name: "taskwire-bench", dependencies: ["Taskwire"], path: "clients/swift/Sources/Bench"),
    .testTarget(name: "TaskwireTests", dependencies: ["Taskwire"], path: "clients/swift/Tests/TaskwireTests"),
  ],
  swiftLanguageModes: [.v6]
)
