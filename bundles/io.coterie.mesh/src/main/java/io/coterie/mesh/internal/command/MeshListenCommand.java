package io.coterie.mesh.internal.command;

import io.coterie.mesh.api.MeshService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie mesh listen}. */
@Service
@Command(
    scope = "coterie",
    name = "mesh-listen",
    description = "Listens for trusted peers on an address, now and after restarts",
    detailedDescription = "Example: coterie mesh listen tcp://0.0.0.0:7400")
public final class MeshListenCommand implements Action {
  @Argument(name = "address", description = "tcp://HOST:PORT; port 0 chooses one", required = true)
  String address;

  @Reference MeshService mesh;

  @Override
  public Object execute() throws Exception {
    System.out.println(mesh.listen(address));
    return null;
  }
}
