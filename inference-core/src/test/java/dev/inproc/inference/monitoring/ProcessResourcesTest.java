package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessResourcesTest {
  private static final OptionalLong NONE = OptionalLong.empty();

  @TempDir Path folder;
  private Path process;
  private Path groups;

  @BeforeEach
  void folders() {
    process = folder.resolve("self");
    groups = folder.resolve("cgroup");
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private ProcessResources read() {
    return ProcessResources.read(process, groups);
  }

  @Test
  void version2_ofAContainer_withoutTheHostsPath() throws IOException {
    write(process.resolve("cgroup"), "0::/system.slice/docker-12.scope\n");
    write(process.resolve("status"), "Name:\tjava\nVmRSS:\t  2048 kB\n");
    write(groups.resolve("memory.current"), "5000000\n");
    write(groups.resolve("memory.max"), "8000000\n");
    write(groups.resolve("memory.stat"), "anon 1\ninactive_file 1000000\nactive_file 7\n");

    ProcessResources now = read();
    assertEquals(OptionalLong.of(2048 * 1024), now.residentBytes());
    assertEquals(OptionalLong.of(4_000_000), now.groupMemoryBytes());
    assertEquals(OptionalLong.of(8_000_000), now.groupMemoryLimitBytes());
  }

  @Test
  void version2_ofAService_withItsPath_andNoLimit() throws IOException {
    write(process.resolve("cgroup"), "0::/system.slice/app.service\n");
    write(groups.resolve("memory.current"), "1\n");
    write(groups.resolve("system.slice/app.service/memory.current"), "77\n");
    write(groups.resolve("system.slice/app.service/memory.max"), "max\n");

    assertEquals(OptionalLong.of(77), read().groupMemoryBytes());
    assertEquals(NONE, read().groupMemoryLimitBytes());
  }

  @Test
  void version1_withLimit_andWithout() throws IOException {
    write(process.resolve("cgroup"), "11:cpu,cpuacct:/a\n9:memory:/docker/34\n0::/x\n");
    Path memory = groups.resolve("memory");
    write(memory.resolve("memory.usage_in_bytes"), "900\n");
    write(memory.resolve("memory.limit_in_bytes"), "1000\n");
    write(memory.resolve("memory.stat"), "inactive_file 5\ntotal_inactive_file 100\n");

    assertEquals(OptionalLong.of(800), read().groupMemoryBytes());
    assertEquals(OptionalLong.of(1000), read().groupMemoryLimitBytes());
    write(memory.resolve("memory.limit_in_bytes"), "9223372036854771712\n");
    assertEquals(NONE, read().groupMemoryLimitBytes());
  }

  /** A path that leads out of the folder is not followed. */
  @Test
  void pathOutOfTheRoot_isNotFollowed() throws IOException {
    write(process.resolve("cgroup"), "0::/../../elsewhere\n");
    write(folder.resolve("elsewhere/memory.current"), "66\n");
    write(groups.resolve("memory.current"), "55\n");
    assertEquals(OptionalLong.of(55), read().groupMemoryBytes());
  }

  @Test
  void otherSystem_orBrokenFiles_areEmpty() throws IOException {
    assertEquals(NONE, read().residentBytes());
    assertEquals(NONE, read().groupMemoryBytes());
    write(process.resolve("status"), "VmRSS:\n");
    write(process.resolve("cgroup"), "garbage\n::\n");
    write(groups.resolve("memory.current"), "99999999999999999999999\n");
    assertEquals(NONE, read().residentBytes());
    assertEquals(NONE, read().groupMemoryBytes());
    assertTrue(read().processors() > 0);
  }

  @Test
  void now_onLinux_knowsTheResidentSet() {
    ProcessResources now = ProcessResources.now();
    System.out.println(now);
    boolean isLinux = Files.exists(Path.of("/proc/self/status"));
    assertEquals(isLinux, now.residentBytes().isPresent());
    now.residentBytes().ifPresent(bytes -> assertTrue(bytes > 10 << 20 && bytes < 1L << 40));
  }
}
