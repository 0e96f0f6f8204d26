# /// script
# dependencies = ["sqlalchemy"]
# ///
import sqlalchemy
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    number: orm.Mapped[int] = orm.mapped_column(primary_key=True)


engine = sqlalchemy.create_engine("sqlite://")
Base.metadata.create_all(engine)
with orm.Session(engine) as session:
    session.add(Thing(number=42))
    session.flush()
    assert session.scalar(sqlalchemy.select(Thing.number)) == 42
